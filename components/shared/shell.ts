/** As one word for a shell. */
export function quoted(text: string): string {
    return /^[\w./:=@-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
