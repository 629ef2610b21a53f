import { createHash } from "node:crypto";

/** Of a DNS label (RFC 1035), and thus of a container's host name. */
const MAX_LABEL_LENGTH = 63;

/** Converts a name to a valid host name. If that changes it, a hash is appended, so that different names stay different. */
export function toDnsLabel(text: string, maxLength = MAX_LABEL_LENGTH): string {
    const plain = text
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, "-")
        .replace(/^-+|-+$/g, "");
    if (plain === text && plain.length <= maxLength) return plain;
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 7);
    const start = plain.slice(0, maxLength - hash.length - 1).replace(/-+$/, "");
    return start === "" ? hash : `${start}-${hash}`;
}
