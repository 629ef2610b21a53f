import { readFileSync } from "node:fs";
import tar from "tar-stream";
import { Failure } from "../../plugin/check";
import { isObject, plainObject, Values } from "../../plugin/values";
import { ContainerInputs } from "./container-properties";

type Upload = NonNullable<ContainerInputs["uploads"]>[number];

/** A file as Docker takes it: in an archive. */
export function archived({
    file,
    content,
    contentBase64,
    source,
    executable,
    permissions,
}: Upload): NodeJS.ReadableStream {
    const text = content ? Buffer.from(content) : Buffer.from(contentBase64 ?? "", "base64");
    const bytes = source ? readFileSync(source) : text;
    const pack = tar.pack();
    pack.entry(
        { name: file.replace(/^\//, ""), mode: parseInt(permissions ?? (executable ? "0744" : "0644"), 8) },
        bytes,
    );
    pack.finalize();
    return pack;
}

/** A file has its content from one place. */
export function checkUploads(inputs: Values): Failure[] {
    const { uploads } = plainObject(inputs);
    if (!Array.isArray(uploads)) return [];
    return uploads.flatMap((upload, i) => {
        if (!isObject(upload)) return []; // Not known yet.
        const { content, contentBase64, source } = upload;
        const given = [content, contentBase64, source].filter((value) => value !== undefined && value !== "");
        if (given.length === 1) return [];
        const reason = `uploads[${i}]: set one of content, contentBase64 and source, and not empty`;
        return [{ property: `uploads[${i}]`, reason }];
    });
}
