import { isThrowaway } from "../shared/throwaway-stack.ts";

/** Where a gateway gets the certificates for its hosts. */
export const Tls = {
    /** A public certificate authority (Let's Encrypt or ZeroSSL, by ACME). The host names must resolve to this machine, and
     *  ports 80 and 443 must be reachable from the Internet. */
    Auto: "auto",
    /** As `Auto`; in addition, hosts that no route names get a certificate at their first request, if the application
     *  agrees (`ask` of a route). For customers' own domains. */
    OnDemand: "on-demand",
    /** The gateway's own authority, for development: browsers trust it only after you install its certificate. */
    Internal: "internal",
    /** No TLS: the gateway answers HTTP only, for example behind a load balancer that has the certificates. */
    Off: "off",
} as const;
export type Tls = (typeof Tls)[keyof typeof Tls];

/** A certificate authority that `Tls.Auto` and `Tls.OnDemand` request certificates from, through ACME. */
export interface AcmeArgs {
    /** URL of the authority's ACME directory, for example `https://ca.example.com/acme/acme/directory`. */
    directory: string;
    /** PEM file with the root certificate of the authority. The path is relative to the project.
     *  @default the public authorities */
    rootCertificate?: string;
}

/** Whether certificates come from a public authority, or from `acme`. */
export function usesAcme(tls: Tls): boolean {
    return tls === Tls.Auto || tls === Tls.OnDemand;
}

/** Authority that issues the certificates of named hosts, and whether other hosts get certificates on demand. */
export interface TlsOptions {
    authority: "acme" | "internal" | undefined;
    onDemand: boolean;
}

/** Throwaway stacks use the internal authority, so that no public one issues certificates for them. */
export function tlsOptions(tls: Tls, stack: string): TlsOptions {
    if (tls === Tls.Off) return { authority: undefined, onDemand: false };
    return {
        authority: usesAcme(tls) && !isThrowaway(stack) ? "acme" : "internal",
        onDemand: tls === Tls.OnDemand,
    };
}
