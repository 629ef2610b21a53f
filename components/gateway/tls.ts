/** Where a gateway gets the certificates of its hosts from. */
export const Tls = {
    /** A public certificate authority (Let's Encrypt or ZeroSSL, by ACME). The host names must lead to this machine, and
     *  ports 80 and 443 must be reachable from the Internet. */
    Auto: "auto",
    /** An authority of the gateway's own, for development: browsers trust it only after you have installed its certificate. */
    Internal: "internal",
    /** No TLS: the gateway answers HTTP only, for example behind a load balancer that has the certificates. */
    Off: "off",
} as const;
export type Tls = (typeof Tls)[keyof typeof Tls];

/** Stacks that `drydock pr` creates and removes: a public authority must never hear of them. */
const THROWAWAY_STACK = /^preview-[0-9a-f]{7}-\d+$/;

/** What a stack uses in place of what its program asks for. */
export function tlsOf(tls: Tls, stack: string): Tls {
    return tls === Tls.Auto && THROWAWAY_STACK.test(stack) ? Tls.Internal : tls;
}
