/**
 * A shell command that runs another in a terminal of 41 lines and 123 columns, and presses keys.
 *
 * @param keys commands of a shell that print the keys, and `sleep`
 * @returns the command. It prints `restored` at the end if the command has left the terminal as it was
 */
export function inTerminal(command: string, keys: string): string {
    const inner = `trap : INT; stty rows 41 cols 123; before=$(stty -g); ${command}
code=$?; [ "$(stty -g)" != "$before" ] || echo restored; exit $code`;
    return `(${keys}) | TERM=dumb script --quiet --return --command ${quote(inner)} /dev/null`;
}

/** Keys of a line, typed after some time. */
export function type(line: string, seconds = 1): string {
    return `sleep ${seconds}; printf '%s\\r' ${quote(line)}`;
}

/** Ctrl-C, after some time. */
export function pressCtrlC(seconds = 1): string {
    return `sleep ${seconds}; printf '\\003'`;
}

function quote(text: string): string {
    return `'${text.replaceAll("'", "'\\''")}'`;
}
