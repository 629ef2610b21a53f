/**
 * What an entrypoint needs that starts as root, changes the owner of files, and switches to another user. A process that
 * does not run as root gets none of them. Docker's own default also includes MKNOD, NET_RAW and others.
 */
export const DEFAULT_CAPABILITIES = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "KILL",
    "NET_BIND_SERVICE",
    "SETGID",
    "SETPCAP",
    "SETUID",
];

/** Capabilities of a `Service`: third-party images also use `chroot`, write to the audit log, and set setgid bits. */
export const SERVICE_CAPABILITIES = [...DEFAULT_CAPABILITIES, "AUDIT_WRITE", "FSETID", "SYS_CHROOT"];
