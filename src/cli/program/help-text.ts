/** Parts of the help of every command. */

export const examples = (calls: readonly string[]): string => `\nExamples:\n${calls.map((call) => `  $ ${call}\n`).join('')}`;
export const codes = (meanings: Readonly<Record<number, string>>): string =>
  `\nExit codes:\n${Object.entries(meanings)
    .map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}\n`)
    .join('')}`;
