/** Names that Pulumi and Docker allow, from those of files. */

export function projectName(name: string): string {
    const plain = name
        .toLowerCase()
        .replace(/[^a-z0-9_.-]+/g, "-")
        .replace(/^[^a-z0-9]+|[-.]+$/g, "");
    return plain === "" ? "app" : plain;
}

export function componentName(name: string): string {
    return name.replace(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "app";
}
