import { isCapability, validate } from "../shared/validation.ts";

/**
 * What the entrypoints of images need that start as root, hand their files over and become somebody else. It
 * gives nothing to a process that is not root. Of Docker's own defaults it leaves out MKNOD, NET_RAW and the like.
 */
export const USUAL_CAPABILITIES = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "KILL",
    "NET_BIND_SERVICE",
    "SETGID",
    "SETPCAP",
    "SETUID",
];

export function validateCapabilities(capabilities: string[] = []): void {
    capabilities.forEach((capability, i) => {
        validate({ [`capabilities[${i}]`]: [capability, isCapability] });
    });
}
