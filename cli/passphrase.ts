/** The remedy if Pulumi cannot decrypt the secrets of a stack. Imports nothing, so that every error can use it. */

export function isWrongPassphrase(message: string): boolean {
    return message.includes("incorrect passphrase");
}

export function passphraseRemedy(
    { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE_FILE }: NodeJS.ProcessEnv = process.env,
): string {
    // configureEnvironment in project.ts sets it.
    if (!PULUMI_BACKEND_URL.includes("/.drydock/state?"))
        return "Set PULUMI_CONFIG_PASSPHRASE to the passphrase of the stack, or PULUMI_CONFIG_PASSPHRASE_FILE to a file with it.";
    const variable =
        PULUMI_CONFIG_PASSPHRASE_FILE === undefined
            ? "PULUMI_CONFIG_PASSPHRASE"
            : "PULUMI_CONFIG_PASSPHRASE_FILE";
    return `${variable} is for another stack: unset it. A stack whose state is in .drydock/state has a public passphrase, unless you set one when you created it.`;
}
