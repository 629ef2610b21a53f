import {
    isAlias,
    isMap,
    isScalar,
    isSeq,
    LineCounter,
    type Node,
    parseDocument,
    type Pair,
    visit,
} from "yaml";
import type { Place } from "../facts.ts";

/** A YAML file as data, with the line of each value. */
export class YamlFile {
    readonly name: string;
    readonly data: unknown;
    /** Errors in the file, each with its line. */
    readonly problems: string[];
    readonly #lines = new LineCounter();
    readonly #document;

    /** @param version 1.1 as Ruby reads YAML, or 1.2 as Docker Compose does */
    constructor(name: string, text: string, version: "1.1" | "1.2") {
        this.name = name;
        this.#document = parseDocument(withoutUnknownAliases(text), {
            version,
            merge: true,
            lineCounter: this.#lines,
            logLevel: "silent",
            uniqueKeys: false,
            // Compose's tags say how files are merged; the data is the same.
            customTags: version === "1.2" ? COMPOSE_TAGS : undefined,
        });
        // Ruby reads a dot alone as a string, such as the current directory. The parser reads it as a number.
        visit(this.#document, {
            Scalar: (_, node) => {
                if (node.source === "." && Number.isNaN(node.value)) node.value = node.source;
            },
        });
        this.problems = this.#document.errors.map(
            ({ message, linePos }) => `${name}:${linePos?.[0].line ?? 1}: ${message.split("\n")[0] ?? ""}`,
        );
        this.data = this.problems.length === 0 ? this.#toData() : {};
    }

    #toData(): unknown {
        try {
            return this.#document.toJS({ maxAliasCount: 1000 });
        } catch (error) {
            this.problems.push(`${this.name}: ${error instanceof Error ? error.message : String(error)}`);
            return {};
        }
    }

    /** Where a value is. If it has no line of its own, that of the nearest value above it. */
    place(...path: (string | number)[]): Place {
        let node: unknown = this.#document.contents;
        let line = this.#lineOf(node);
        for (const key of path) {
            const next = child(this.#resolve(node), key, (alias) => this.#resolve(alias));
            if (next === undefined) break;
            line = this.#lineOf(next.at) ?? line;
            node = next.value;
        }
        return { file: this.name, ...(line !== undefined && { line }) };
    }

    #resolve(node: unknown): unknown {
        return isAlias(node) ? node.resolve(this.#document) : node;
    }

    #lineOf(node: unknown): number | undefined {
        const range = (node as Node | null | undefined)?.range;
        return range ? this.#lines.linePos(range[0]).line : undefined;
    }
}

const COMPOSE_TAGS = ["!reset", "!override"].flatMap((tag) => [
    { tag, collection: "map" as const, resolve: (node: unknown) => node },
    { tag, collection: "seq" as const, resolve: (node: unknown) => node },
    { tag, resolve: (text: string) => (text === "null" ? null : text) },
]) as never[];

/** Replaces aliases whose anchor is in another file, or in a part that ERB generates, by an empty map. */
function withoutUnknownAliases(text: string): string {
    return text.replace(/(?<=[:,[]\s*|-\s+)\*([\w-]+)(?=\s*([,\]}#]|$))/gm, (alias, name: string) =>
        new RegExp(String.raw`&${name}(?![\w-])`).test(text) ? alias : "{}",
    );
}

/** The value of a key, and the node whose position is that of the value. */
function child(
    node: unknown,
    key: string | number,
    resolve: (node: unknown) => unknown,
): { at: unknown; value: unknown } | undefined {
    if (isSeq(node)) {
        const value = node.items[Number(key)];
        return value === undefined ? undefined : { at: value, value };
    }
    if (!isMap(node)) return undefined;
    const pairs = node.items;
    const own = pairs.find((pair) => nameOf(pair) === String(key));
    if (own) return { at: own.key, value: own.value };
    for (const pair of pairs.filter((pair) => nameOf(pair) === "<<")) {
        const merged = resolve(pair.value);
        for (const source of isSeq(merged) ? merged.items : [merged]) {
            const found = child(resolve(source), key, resolve);
            if (found) return found;
        }
    }
    return undefined;
}

function nameOf({ key }: Pair): string {
    // The key of a merge is a symbol.
    return isScalar(key) ? String(key.value).replace(/^Symbol\((.*)\)$/, "$1") : String(key);
}
