/**
 * What people type to search: words, "phrases", beginnings* and AND, OR, NOT (or -word), with parentheses. Words that stand
 * beside each other must all be there. It is asked of the index as a question that finds at least what is meant, and
 * every text found is then tried: so phrases and what the index cannot say are exact too.
 */
import { ApiMisuse } from '../../base/errors.ts';
import { askedFor, isUnspaced, wordsOf } from './words.ts';

export type Query =
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly isPrefix: boolean }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Query[] }
  | { readonly kind: 'not'; readonly part: Query };

/** BOUNDED: parts of a query, and how deep its parentheses go. */
const PARTS_MAX = 64;
const DEPTH_MAX = 16;

const TOKEN = /\s*(?:(\()|(\))|"([^"]*)"?|(-?)([^\s()"]+))/gy;

type Token = { readonly kind: 'open' | 'close' | 'and' | 'or' | 'not' } | { readonly kind: 'term'; readonly query: Query };

/** @throws ApiMisuse, with what to write instead, for a query that asks for nothing. */
export const parseQuery = (text: string): Query => {
  const tokens = tokensOf(text);
  let at = 0;
  const alternatives = (depth: number): Query | undefined => {
    if (depth > DEPTH_MAX) throw new ApiMisuse(`at most ${DEPTH_MAX} parentheses inside each other`);
    const parts: Query[] = [];
    for (;;) {
      const part = all(depth);
      if (part !== undefined) parts.push(part);
      if (tokens[at]?.kind !== 'or') return joined('or', parts);
      at += 1;
    }
  };
  const all = (depth: number): Query | undefined => {
    const parts: Query[] = [];
    for (let token = tokens[at]; token !== undefined && token.kind !== 'or' && token.kind !== 'close'; token = tokens[at]) {
      const part = one(depth);
      if (part !== undefined) parts.push(part);
    }
    return joined('and', parts);
  };
  const one = (depth: number): Query | undefined => {
    const token = tokens[at];
    at += 1;
    if (token === undefined || token.kind === 'and') return undefined;
    if (token.kind === 'term') return token.query;
    if (token.kind === 'not') {
      const part = one(depth);
      return part === undefined ? undefined : { kind: 'not', part };
    }
    const inner = alternatives(depth + 1);
    if (tokens[at]?.kind === 'close') at += 1;
    return inner;
  };
  const parts: Query[] = [];
  while (at < tokens.length) {
    const part = alternatives(0);
    if (part !== undefined) parts.push(part);
    if (tokens[at]?.kind === 'close') at += 1; // one too many
  }
  const query = joined('and', parts);
  if (query === undefined)
    throw new ApiMisuse('nothing to search for: give words of letters or digits, like: coffee "at noon" tea*');
  return query;
};

const joined = (kind: 'and' | 'or', parts: readonly Query[]): Query | undefined =>
  parts.length <= 1 ? parts[0] : { kind, parts };

const tokensOf = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  for (const [, open, close, phrase, minus, word] of text.matchAll(TOKEN)) {
    if (tokens.length >= PARTS_MAX) throw new ApiMisuse(`a search has at most ${PARTS_MAX} words`);
    if (open !== undefined) tokens.push({ kind: 'open' });
    else if (close !== undefined) tokens.push({ kind: 'close' });
    else if (phrase !== undefined) pushTerm(tokens, phrase, false);
    else if (word === 'AND') tokens.push({ kind: 'and' });
    else if (word === 'OR') tokens.push({ kind: 'or' });
    else if (word === 'NOT') tokens.push({ kind: 'not' });
    else if (word !== undefined) {
      if (minus === '-') tokens.push({ kind: 'not' });
      pushTerm(tokens, word, word.endsWith('*'));
    }
  }
  return tokens;
};

/** A term without a letter or digit (`->`) is left out, and with it a NOT before it. */
const pushTerm = (tokens: Token[], text: string, isPrefix: boolean): void => {
  const words = wordsOf(text);
  if (words.length > 0) tokens.push({ kind: 'term', query: { kind: 'words', words, isPrefix } });
  else if (tokens.at(-1)?.kind === 'not') tokens.pop();
};

/** The question to the full-text index; undefined: every text may be meant. Every word is quoted. */
export const matchOf = (query: Query): string | undefined => {
  switch (query.kind) {
    case 'words': {
      const last = query.words.length - 1;
      const asked = query.words.flatMap((word, i) =>
        query.isPrefix && i === last && !isUnspaced(word) ? [`"${word}" *`] : askedFor(word).map((gram) => `"${gram}"`),
      );
      return asked.join(' AND ');
    }
    case 'and': {
      const asked = query.parts.flatMap((part) => bracketed(matchOf(part)));
      return asked.length === 0 ? undefined : asked.join(' AND ');
    }
    case 'or': {
      const asked = query.parts.map((part) => bracketed(matchOf(part)));
      return asked.some((part) => part.length === 0) ? undefined : asked.flat().join(' OR ');
    }
    case 'not':
      return undefined;
    default:
      return query satisfies never;
  }
};

const bracketed = (match: string | undefined): readonly string[] => (match === undefined ? [] : [`(${match})`]);

/** Whether a text is meant. */
export const isMeant = (query: Query, text: string): boolean => isMeantBy(query, wordsOf(text));

const isMeantBy = (query: Query, words: readonly string[]): boolean => {
  switch (query.kind) {
    case 'words':
      return words.some((_, at) => standsAt(query.words, query.isPrefix, words, at));
    case 'and':
      return query.parts.every((part) => isMeantBy(part, words));
    case 'or':
      return query.parts.some((part) => isMeantBy(part, words));
    case 'not':
      return !isMeantBy(query.part, words);
    default:
      return query satisfies never;
  }
};

/** Words one after the other from `at`; one in an unspaced script may be part of a longer run of it, at the edges of the phrase. */
const standsAt = (asked: readonly string[], isPrefix: boolean, words: readonly string[], at: number): boolean =>
  asked.every((word, i) => {
    const found = words[at + i];
    if (found === undefined) return false;
    const isFirst = i === 0;
    const isLast = i === asked.length - 1;
    if (isUnspaced(word) && isFirst && isLast) return found.includes(word);
    if (isUnspaced(word) && isFirst) return found.endsWith(word);
    if (isLast && (isPrefix || isUnspaced(word))) return found.startsWith(word);
    return found === word;
  });
