/** The images that a Dockerfile names in FROM and COPY --from, without its own stages. */
export function baseImages(dockerfile: string, args: Record<string, string> = {}): string[] {
    const variables: Record<string, string> = {};
    const stages = new Set(["scratch"]);
    const images: string[] = [];
    for (const line of dockerfile.replace(/\\\r?\n/g, " ").split("\n")) {
        const [instruction = "", ...words] = line.trim().split(/\s+/);
        const operands = words.filter((word) => !word.startsWith("--"));
        switch (instruction.toUpperCase()) {
            case "ARG":
                for (const word of operands) {
                    const [name = "", value = ""] = word.split(/=(.*)/s);
                    variables[name] = args[name] ?? expand(value.replace(/^(["'])(.*)\1$/, "$2"), variables);
                }
                break;
            case "FROM":
                images.push(expand(operands[0] ?? "", variables));
                if (operands[1]?.toUpperCase() === "AS") stages.add((operands[2] ?? "").toLowerCase());
                break;
            case "COPY":
                images.push(...words.flatMap((word) => /^--from=(.*)/.exec(word)?.[1] ?? []));
                break;
        }
    }
    const isImage = (name: string) => name !== "" && !/^\d+$/.test(name) && !stages.has(name.toLowerCase());
    return [...new Set(images)].filter(isImage);
}

/** Replaces `$NAME`, `${NAME}` and `${NAME:-default}`. */
function expand(text: string, variables: Record<string, string>): string {
    const replace = (_: string, plain?: string, braced = "", fallback = "") => {
        const { [plain ?? braced]: value = "" } = variables;
        return value === "" ? fallback : value;
    };
    return text.replace(/\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/g, replace);
}
