/** Whom a peer tries to meet, by its visibility: whoever hides must not dial a stranger, who would hear of it. */
import type { Visibility } from '../base/visibility.ts';
import type { FoundVia } from './event.ts';

/** Whom we know, as far as finding needs it. */
export interface KnownPeople {
  readonly hasContacts: boolean;
  hasHint(idHint: string): boolean;
}

/** What was heard of somebody. `hides`: they announce themselves without saying who they are. */
export type HeardOf = { readonly idHint: string | undefined; readonly hides: boolean };

/**
 * Whether somebody heard of is dialled. Open: everybody but those who hide and could not know us. Private: contacts, and those who do
 * not say who they are, if we have contacts. Stealth: contacts who say who they are.
 */
export const mayDialHeard = (visibility: Visibility, known: KnownPeople, { idHint, hides }: HeardOf): boolean => {
  switch (visibility) {
    case 'open':
      return !hides || known.hasContacts;
    case 'private':
      return idHint === undefined ? known.hasContacts : known.hasHint(idHint);
    case 'stealth':
      return idHint !== undefined && known.hasHint(idHint);
    default:
      return visibility satisfies never;
  }
};

/** Whether an address that was named, or remembered, is dialled. In stealth nothing goes where nobody was heard. */
export const mayDialNamed = (visibility: Visibility, via: FoundVia): boolean => visibility !== 'stealth' || via === 'static';
