/** Debian's Chromium for the tests that click: without scripts, as the pages promise, except for axe, which needs them. */
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACE = '/usr/bin/chromium';
export const hasChromium = existsSync(PLACE);

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

export const startChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: PLACE,
    headless: true,
    args: [...FLAGS, '--disable-component-update', '--disable-sync'],
  });

/** Rules that the page breaks, light and dark, and whether it needs scrolling sideways at 320 px, also with letters twice as large (WCAG 1.4.4, 1.4.10). */
export async function faultsOf(page: Page): Promise<readonly string[]> {
  const faults: string[] = [];
  // Half a megabyte: once for each page that is loaded.
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(axe.source);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const found = (await page.evaluate(
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
    )) as string[];
    faults.push(...found.map((one) => `${colorScheme} ${page.url()} ${one}`));
  }
  await page.setViewportSize({ width: 320, height: 640 });
  for (const size of ['200%', '']) {
    await page.evaluate(`document.documentElement.style.fontSize = '${size}'`);
    const wide = (await page.evaluate('document.documentElement.scrollWidth')) as number;
    if (wide > 320) faults.push(`${page.url()} is ${wide} px wide in a window of 320 (letters ${size})`);
  }
  await page.setViewportSize({ width: 1024, height: 768 });
  return faults;
}
