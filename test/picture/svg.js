/** What a terminal shows, as SVG: text in the colours it has there, column under column. */

const CELL_WIDTH = 8.4;
const CELL_HEIGHT = 18;
const MARGIN = 12;
const BACKGROUND = '#16181d';
const FOREGROUND = '#d5d8de';
/** The first sixteen; the others follow from their number (xterm's 256 colours). */
const PALETTE = [
  ...['#16181d', '#d9626c', '#7fb26a', '#d6a85a', '#6a9fd9', '#b57fc9', '#5fb3b3', '#d5d8de'],
  ...['#6b7280', '#e8838c', '#9ccc88', '#e6c07b', '#8cb8ea', '#cfa0e0', '#7fd0d0', '#ffffff'],
];
const STEPS = [0, 95, 135, 175, 215, 255];

const hex = (...levels) => `#${levels.map((level) => level.toString(16).padStart(2, '0')).join('')}`;

const paletteColor = (number) => {
  if (number < 16) return PALETTE[number];
  if (number >= 232) return hex(...Array.from({ length: 3 }, () => 8 + 10 * (number - 232)));
  const at = number - 16;
  return hex(STEPS[Math.floor(at / 36)], STEPS[Math.floor(at / 6) % 6], STEPS[at % 6]);
};

const rgbColor = (value) => hex((value >> 16) & 255, (value >> 8) & 255, value & 255);

const styleOf = (cell) => {
  const foreground = cell.isFgRGB()
    ? rgbColor(cell.getFgColor())
    : cell.isFgPalette()
      ? paletteColor(cell.getFgColor())
      : FOREGROUND;
  const background = cell.isBgRGB()
    ? rgbColor(cell.getBgColor())
    : cell.isBgPalette()
      ? paletteColor(cell.getBgColor())
      : undefined;
  const isInverse = cell.isInverse() !== 0;
  return {
    color: isInverse ? (background ?? BACKGROUND) : foreground,
    behind: isInverse ? foreground : background,
    isBold: cell.isBold() !== 0,
    isDim: cell.isDim() !== 0,
    isUnderlined: cell.isUnderline() !== 0,
  };
};

const escaped = (text) => text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);
const fixed = (value) => String(Math.round(value * 10) / 10);

/** Pieces of a row with one look each. A wide character is a piece of its own, so that the font's idea of it moves nothing. */
const pieces = (line, columns) => {
  const found = [];
  for (let x = 0; x < columns; x++) {
    const cell = line?.getCell(x);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const style = styleOf(cell);
    const look = JSON.stringify(style);
    const last = found.at(-1);
    const isWide = cell.getWidth() > 1;
    if (last !== undefined && last.look === look && !last.isWide && !isWide) {
      last.text += cell.getChars() || ' ';
      last.width += 1;
    } else found.push({ x, text: cell.getChars() || ' ', width: cell.getWidth(), style, look, isWide });
  }
  return found;
};

const rowOf = (line, columns, y) => {
  const top = MARGIN + y * CELL_HEIGHT;
  let drawn = '';
  for (const { x, text, width, style } of pieces(line, columns)) {
    const left = MARGIN + x * CELL_WIDTH;
    const length = fixed(width * CELL_WIDTH);
    if (style.behind !== undefined)
      drawn += `<rect x="${fixed(left)}" y="${top}" width="${length}" height="${CELL_HEIGHT}" fill="${style.behind}"/>\n`;
    if (text.trim() === '') continue;
    const start = text.length - text.trimStart().length; // a text that begins with spaces would lose them
    const shown = text.trim();
    const size =
      shown.length > 1 ? ` textLength="${fixed((width - start - (text.length - text.trimEnd().length)) * CELL_WIDTH)}"` : '';
    const more = `${style.isBold ? ' font-weight="bold"' : ''}${style.isDim ? ' opacity="0.6"' : ''}${style.isUnderlined ? ' text-decoration="underline"' : ''}`;
    drawn += `<text x="${fixed(left + start * CELL_WIDTH)}" y="${top + 13}"${size} fill="${style.color}"${more}>${escaped(shown)}</text>\n`;
  }
  return drawn;
};

/** The screen with its cursor. @param title for those who do not see it. */
export const svgOf = (terminal, title) => {
  const { cols, rows, buffer } = terminal.screen;
  const width = fixed(2 * MARGIN + cols * CELL_WIDTH);
  const height = 2 * MARGIN + rows * CELL_HEIGHT;
  const { cursorX, cursorY } = buffer.active;
  const cursor = `<rect x="${fixed(MARGIN + cursorX * CELL_WIDTH)}" y="${MARGIN + cursorY * CELL_HEIGHT}" width="${CELL_WIDTH}" height="${CELL_HEIGHT}" fill="${FOREGROUND}" opacity="0.7"/>\n`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" xml:space="preserve">
${terminal.lines.map((line, y) => rowOf(line, cols, y)).join('')}${cursor}</g>
</svg>
`;
};
