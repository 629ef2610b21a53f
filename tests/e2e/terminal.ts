/** The prompt of a Rails console, for `type`. */
export const CONSOLE = "[(](prod|main)";

/** The prompt of a shell. */
export const SHELL = "@.*[#$]";

/**
 * A shell command that runs another in a terminal of 41 lines and 123 columns, and presses keys. What the terminal has shown
 * is in the file `$log`.
 *
 * @param keys of `type` and `pressCtrlC`
 * @returns the command. It prints `restored` at the end if the command has left the terminal as it was
 */
export function inTerminal(command: string, ...keys: string[]): string {
    const inner = `trap : INT; stty rows 41 cols 123; before=$(stty -g); ${command}
code=$?; [ "$(stty -g)" != "$before" ] || echo restored; echo ended; exit $code`;
    // Without standard input, the terminal would end.
    const typed = [...keys, shown("^ended")].join("; ");
    return `export log=$(mktemp); (${typed}) | TERM=dumb script --quiet --return --command ${quote(inner)} /dev/null |
        tee "$log"; code=\${PIPESTATUS[1]}; rm "$log"; exit $code`;
}

/** Types a line once the terminal has shown a text. */
export function type(line: string, text: string): string {
    return `${shown(text)}; printf '%s\\r' ${quote(line)}`;
}

/** Presses Ctrl-C once the terminal has shown a text in so many lines. */
export function pressCtrlC(text: string, times = 1): string {
    return `${shown(text, times)}; printf '\\003'`;
}

/** A shell command that waits until the terminal has shown a text, or for some minutes. */
export function shown(text: string, times = 1): string {
    const isShown = `[ "$(grep -acE ${quote(text)} "$log")" -ge ${times} ]`;
    return `for attempt in $(seq 1200); do ${isShown} && break; sleep 0.2; done`;
}

function quote(text: string): string {
    return `'${text.replaceAll("'", "'\\''")}'`;
}
