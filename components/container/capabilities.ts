/**
 * Needed by entrypoints that start as root, change the owner of files, and switch to another user. A process that is not
 * root does not get them. Docker's own default also has MKNOD, NET_RAW and others.
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

/** Those of a `Service`. Images of others also use `chroot`, write to the audit log, and set group bits. */
export const SERVICE_CAPABILITIES = [...DEFAULT_CAPABILITIES, "AUDIT_WRITE", "FSETID", "SYS_CHROOT"];
