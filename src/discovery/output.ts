/** What discovery hands up. */
import type { Address } from '../base/address.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { MdnsSend } from './dns-message.ts';

export type DiscoveryOutput =
  | ({ readonly kind: 'mdns' } & MdnsSend)
  /** Somebody on `interface` claims that an earshot listens at `address`. Proven by nothing; the handshake proves. */
  | {
      readonly kind: 'found';
      readonly address: Address;
      readonly interface: string;
      /** First 8 bytes of the key the announcer claims. */
      readonly idHint?: Uint8Array;
      /** They announce themselves, and do not say who they are. */
      readonly hides: boolean;
      /** It came from the host at that address, as far as a source address says: nobody else aims us there. */
      readonly isOwnWord: boolean;
      /** Label of the instance in lower case; the word `gone` uses. */
      readonly instance: string;
    }
  /** The claim was taken back or ran out. Never a reason to end a session. */
  | { readonly kind: 'gone'; readonly instance: string }
  /** Somebody else had our label: we have another one now, for the nth time. Labels are for machines, but this should not happen. */
  | { readonly kind: 'renamed'; readonly from: string; readonly to: string; readonly times: number }
  | { readonly kind: 'dropped'; readonly reason: DropReason };
