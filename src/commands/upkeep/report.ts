/** `report`: the desk in figures, in the terminal or as one HTML page for a browser or for paper. */
import { deskReport } from '../../procedures/upkeep/desk-report.js';
import { days } from '../../rules/duration.js';
import { readMoment } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { reportPage } from './report-page.js';
import { reportDocument, reportView } from './report-view.js';

/** 30 days, so that each weekday occurs at least four times. */
const USUAL = days(30);

/** How `reportPage` begins. */
const REPORT = { what: 'a report', begins: /^<!doctype html>\n<!-- report by countersign -->\n/ };

const report = command({
  path: 'report',
  access: 'report:read',
  options: [{ flags: '--html <file>', path: 'writes' }, '--since <when>'],
  run: async ({ context, desk, signed, words }, { html, since }) => {
    const from = since === undefined ? desk.now() - USUAL : readMoment('since', since, desk.now(), 'back');
    const made = await deskReport(desk, signed, from);
    const document = { report: { ...reportDocument(made), ...(html === undefined ? {} : { file: html }) } };
    if (html === undefined) return { view: reportView(made, desk.name, words), document };
    const page = reportPage(made, desk.name, words);
    if (html === '-') return { view: [], document, raw: page };
    await context.files.write(html, page, REPORT);
    return { view: [block.lines(words('report.written', { file: html }))], document };
  },
});

export const commands: readonly Command[] = [report];
