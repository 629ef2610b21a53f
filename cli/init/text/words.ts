/** Characters with a meaning for a shell, outside of quotes. */
const SHELL_SYNTAX = /[|&;<>()`*?]|\$(?![\w{])|^~|(^|\s)\w+=\S*\s/;

/**
 * Splits a command into words as a POSIX shell does: quotes group, a backslash escapes. Nothing is expanded: `$NAME`,
 * `${NAME:-a b}` and operators stay in their words as they are written.
 */
export function splitWords(command: string): string[] {
    const words: string[] = [];
    let word: string | undefined;
    let quote: string | undefined;
    for (let i = 0; i < command.length; i++) {
        const character = command.charAt(i);
        if (quote === "'") {
            if (character === "'") quote = undefined;
            else word = (word ?? "") + character;
        } else if (character === "$" && command[i + 1] === "{") {
            const end = closingBrace(command, i + 1);
            word = (word ?? "") + command.slice(i, end + 1);
            i = end;
        } else if (character === "\\" && i + 1 < command.length) {
            const next = command.charAt(++i);
            const isEscape = quote === undefined || /["\\$`]/.test(next);
            if (next !== "\n") word = (word ?? "") + (isEscape ? next : `\\${next}`);
        } else if (quote === undefined && (character === "'" || character === '"')) {
            quote = character;
            word ??= "";
        } else if (character === quote) {
            quote = undefined;
        } else if (quote === undefined && /\s/.test(character)) {
            if (word !== undefined) words.push(word);
            word = undefined;
        } else {
            word = (word ?? "") + character;
        }
    }
    if (word !== undefined) words.push(word);
    return words;
}

/** Index of the brace that closes the one at `start`, or of the last character. */
export function closingBrace(text: string, start: number): number {
    let depth = 0;
    for (let i = start; i < text.length; i++) {
        if (text[i] === "{") depth++;
        if (text[i] === "}" && --depth === 0) return i;
    }
    return text.length - 1;
}

/** Whether a command needs a shell: it has an operator, a substitution, a pattern or an assignment outside of quotes. */
function needsShell(command: string): boolean {
    const unquoted = command.replace(/\\./g, "x").replace(/'[^']*'|"[^"$`]*"/g, "x");
    return SHELL_SYNTAX.test(unquoted) || /\$[\w{]/.test(unquoted);
}

/** The words of a command that a shell would run, such as a line of a Procfile. */
export function shellCommand(command: string): string[] {
    return needsShell(command) ? ["sh", "-c", command] : splitWords(command);
}

/** The items of a list that commas separate. */
export function splitList(text: string): string[] {
    return text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");
}
