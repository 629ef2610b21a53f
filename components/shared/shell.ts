/** As one word for a shell. */
export function shellQuote(text: string): string {
    return /^[\w./:=@-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
