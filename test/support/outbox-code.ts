/** Reads one-time codes from the messages that the default channel writes as files, as their reader would. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import PostalMime from 'postal-mime';

/** A code is alone on an indented line (e-mail) or before the words "is your code" (SMS). */
const CODE = [/^ {4}([^\s:][^:\n]*?)\s*$/m, /^(\S+) is your code/m];

/** The code in the newest message that contains all of `text` (an address, a word of the subject) and has a code. */
export async function newestCode(folder: string, text = ''): Promise<string | undefined> {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder)
    .filter((name) => /\.(eml|txt)$/.test(name) && !name.startsWith('.'))
    .map((name) => ({ name, at: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1));
  for (const { name } of files) {
    const message = await readMessage(join(folder, name));
    if (!message.includes(text)) continue;
    for (const pattern of CODE) {
      const code = pattern.exec(message)?.[1];
      if (code !== undefined) return code;
    }
  }
  return undefined;
}

async function readMessage(path: string): Promise<string> {
  if (path.endsWith('.txt')) return readFileSync(path, 'utf8');
  const mail = await PostalMime.parse(readFileSync(path));
  const to = (mail.to ?? []).map((reader) => reader.address).join(', ');
  return `To: ${to}\nSubject: ${mail.subject ?? ''}\n\n${(mail.text ?? '').replace(/\r\n/g, '\n')}`;
}
