/** The cells of the tables in a page, without their headers. */
export function tableRows(markdown: string): string[][] {
    return markdown
        .split("\n")
        .filter((line, i, lines) => line.startsWith("|") && lines[i - 1]?.startsWith("|"))
        .filter((line) => !/^\|[-:| ]+\|$/.test(line))
        .map((line) =>
            line
                .split("|")
                .slice(1, -1)
                .map((cell) => cell.trim()),
        );
}

/** The text of a section without its heading and its subsections. Empty if there is none. */
export function section(markdown: string, heading: string): string {
    const [, text = ""] = markdown.split(`\n${heading}\n`);
    return text.split(/^#/m)[0] ?? "";
}
