import { type LookupAddress, lookup as systemLookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { InksealError } from "@inkseal/core";

/** What no request on a user's behalf may reach: IANA's special-purpose registries (RFC 6890), without the global ones. */
const closed4 = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private (RFC 1918)
  "100.64.0.0/10", // carrier-grade NAT (RFC 6598)
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local; cloud metadata lives here
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarking
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, broadcast
];
/** Global unicast but for these. All else of IPv6 (loopback, unique local, link-local, mapped, NAT64 …) lies outside of 2000::/3. */
const closed6 = [
  "2001::/23", // protocol assignments, among them Teredo
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4: holds any IPv4 address
  "3fff::/20", // documentation
];

const closed = new BlockList();
for (const range of closed4) addTo(closed, range, "ipv4");
for (const range of closed6) addTo(closed, range, "ipv6");
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");

function addTo(list: BlockList, range: string, family: "ipv4" | "ipv6"): void {
  const slash = range.indexOf("/");
  list.addSubnet(range.slice(0, slash), Number(range.slice(slash + 1)), family);
}

/** Whether an IP address, as text, is on the public internet. False for what is no IP address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !closed.check(address, "ipv4");
  if (family !== 6 || address.includes("%")) return false; // a zone is never global
  return globalUnicast.check(address, "ipv6") && !closed.check(address, "ipv6");
}

/** Throws `forbidden` for an address that is not on the public internet. */
export function assertPublicAddress(address: string): void {
  if (!isPublicAddress(address)) throw refused();
}

export const refused = (): InksealError =>
  new InksealError("forbidden", "the address is not on the public internet, so nothing is fetched from it");

/**
 * A `lookup` for sockets that fails when a name has any address that is not public. The address checked is the address
 * connected to, so a name that changes its mind in between (DNS rebinding) gains nothing.
 */
export function publicLookup(lookup: LookupFunction = systemLookup as LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, "");
      const addresses = (Array.isArray(found) ? found : [{ address: found, family: isIP(found) }]) as LookupAddress[];
      if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address)))
        return callback(refused() as NodeJS.ErrnoException, "");
      if (options.all) callback(null, addresses);
      else callback(null, (addresses[0] as LookupAddress).address, (addresses[0] as LookupAddress).family);
    });
  };
}
