/** Whether a value is the start of a PEM, so that the lines up to its end marker belong to it. */
export function isOpenPem(value: string): boolean {
    return /-----BEGIN [^-\n]+-----(?![\s\S]*-----END )/.test(value);
}
