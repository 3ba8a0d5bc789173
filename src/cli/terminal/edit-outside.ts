/** A text in the editor of the user's choice. The terminal must be given back before. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The text as it was left. Only this user can read the file, and it goes afterwards. Rejects if there is no editor, or it failed. */
export const editOutside = async (text: string): Promise<string> => {
  const editor = process.env.VISUAL || process.env.EDITOR || 'vi';
  const folder = await mkdtemp(join(tmpdir(), 'earshot-'));
  const file = join(folder, 'message.txt');
  try {
    await writeFile(file, text, { mode: 0o600 });
    await run(editor, file);
    return await readFile(file, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** EDITOR may hold options, as shells have it; the file is an argument of its own. */
const run = (editor: string, file: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(`${editor} "$EARSHOT_FILE"`, {
      shell: true,
      stdio: 'inherit',
      env: { ...process.env, EARSHOT_FILE: file },
    });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${editor} ended with ${code}`))));
  });
