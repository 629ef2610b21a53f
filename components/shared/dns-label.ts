import { createHash } from "node:crypto";

/** Limit for a DNS label (RFC 1035), and thus for a container's host name. */
const MAX_LABEL_LENGTH = 63;

/** Converts a name to a valid host name. If that changes it, a hash is appended, so that different names stay different. */
export function toDnsLabel(name: string, maxLength = MAX_LABEL_LENGTH): string {
    const plain = name
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, "-")
        .replace(/^-+|-+$/g, "");
    if (plain === name && plain.length <= maxLength) return plain;
    const hash = createHash("sha256").update(name).digest("hex").slice(0, 7);
    const start = plain.slice(0, maxLength - hash.length - 1).replace(/-+$/, "");
    return start === "" ? hash : `${start}-${hash}`;
}
