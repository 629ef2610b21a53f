/** Whether a value is the start of a PEM: its lines up to the end belong to it. */
export function isOpenPem(value: string): boolean {
    return /-----BEGIN [^-\n]+-----(?![\s\S]*-----END )/.test(value);
}
