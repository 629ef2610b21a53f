import { readFileSync, statSync } from "node:fs";
import { posix } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ContainerFile } from "../engines/index.ts";
import {
    ifKnown,
    isIntegerFrom,
    isString,
    isUnknown,
    quote,
    refuse,
    type Rule,
    validate,
    validateObject,
} from "../shared/validation.ts";

/** A file to copy into the container before it starts. Set `source` or `content`. A change replaces the container. */
export interface FileArgs {
    /** Path of a local file with the content, relative to the project directory. */
    source?: string;
    /** Content. If it is an Output, a Swarm stores it as a secret. */
    content?: pulumi.Input<string>;
    /** Permissions in octal. @default `0644` */
    mode?: string;
    /** Numeric ID of the user that owns the file. @default 0 */
    owner?: number;
    /** Numeric ID of the group of the file. @default 0 */
    group?: number;
}

/** Arguments that must not use the same path. */
interface PathArgs {
    files?: Record<string, FileArgs>;
    mounts?: { path: string }[];
}

/** A limit, as the state of the stack stores the content. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** @throws pulumi.InputPropertyError */
export function validateFiles({ files, mounts = [] }: PathArgs, at = ""): void {
    validateObject(`${at}files`, files, '{ "/etc/app.conf": { source: "app.conf" } }');
    for (const [path, file] of Object.entries(files ?? {})) {
        const property = `${at}files.${path}`;
        validate({ [property]: [path, isFilePath] });
        validateObject(property, file, '{ source: "app.conf" }');
        const { source, content, mode, owner, group } = file;
        if ((source === undefined) === (content === undefined))
            refuse(property, "must have exactly one of source and content");
        validate({
            [`${property}.source`]: [source, isString],
            [`${property}.content`]: [ifKnown(content), isString],
            [`${property}.mode`]: [mode, isFileMode],
            [`${property}.owner`]: [owner, isIntegerFrom(0)],
            [`${property}.group`]: [group, isIntegerFrom(0)],
        });
        if (source !== undefined) validateSource(source, `${property}.source`);
        if (mounts.some((mount) => posix.normalize(`${mount.path}/`) === `${path}/`))
            refuse(property, "a mount has the same path; remove one of them");
    }
}

const isFilePath: Rule = (value) =>
    /^(\/[^/\p{Cc}]+)+$/u.test(String(value)) && posix.normalize(String(value)) === value
        ? undefined
        : `${quote(value)} is not the absolute path of a file; write it without . and .., for example /etc/app.conf`;

const isFileMode: Rule = (value) =>
    typeof value === "string" && /^0[0-7]{3}$/.test(value)
        ? undefined
        : `${quote(value)} is not a file mode; write it in octal and in quotes, for example "0644"`;

function validateSource(source: string, property: string): void {
    const file = statSync(source, { throwIfNoEntry: false });
    if (file?.isDirectory())
        refuse(
            property,
            `${quote(source)} is a directory; name each file, mount the directory with mounts and hostPath, or copy it into the image with build`,
        );
    if (!file?.isFile())
        refuse(
            property,
            `${quote(source)} is not a file on this machine; use a path relative to the project directory`,
        );
    if (file.size > MAX_FILE_BYTES)
        refuse(
            property,
            `${quote(source)} has ${file.size} bytes, but the limit is ${MAX_FILE_BYTES}, as the state of the stack stores the file; mount it with mounts, or copy it into the image with build`,
        );
}

/** Converts the user's files to those that engines take, sorted by path. */
export function describeFiles(files: Record<string, FileArgs> | undefined): ContainerFile[] | undefined {
    if (files === undefined || Object.keys(files).length === 0) return undefined;
    return Object.entries(files)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([path, { source, content = "", mode = "0644", owner = 0, group = 0 }]) => ({
            path,
            ...(source === undefined ? textContent(content) : fileContent(source)),
            secret: isUnknown(content),
            mode,
            owner,
            group,
            userDefined: true,
        }));
}

type Content = Pick<ContainerFile, "content" | "contentBase64">;

/** Keeps text readable, so that a diff shows it. */
function fileContent(source: string): Content {
    const bytes = readFileSync(source);
    const text = bytes.toString("utf8");
    const isText = !text.includes("\0") && Buffer.from(text).equals(bytes);
    return isText ? textContent(text) : { contentBase64: bytes.toString("base64") };
}

/** Go's base64 decoder skips line breaks. The provider can upload an empty file in no other way. */
const EMPTY_BASE64 = "\n";

function textContent(content: pulumi.Input<string>): Content {
    if (typeof content === "string" && content !== "") return { content };
    const contentBase64 = pulumi
        .output(content)
        .apply((text) => (text === "" ? EMPTY_BASE64 : Buffer.from(text).toString("base64")));
    return { contentBase64 };
}
