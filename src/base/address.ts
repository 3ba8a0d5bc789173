/** Where datagrams go: an IP address with a port. IPv6 link-local hosts carry their zone (`fe80::1%eth0`). */
import type { Branded } from './ids.ts';

export type Address = { readonly host: string; readonly port: number };
/** `1.2.3.4:5` or `[fe80::1%eth0]:5`. */
export type AddressKey = Branded<string, 'AddressKey'>;

export const isIPv6 = (host: string): boolean => host.includes(':');
/** The form shown to people and used as a Map key. */
export const addressKey = (address: Address): AddressKey =>
  (isIPv6(address.host) ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`) as AddressKey;
export const sameAddress = (a: Address, b: Address): boolean => a.port === b.port && a.host === b.host;
