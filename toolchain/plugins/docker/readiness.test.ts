import { demultiplexed } from "./readiness";

/** A piece of output as Docker sends it: stream, zeros, length, text. */
function piece(stream: 1 | 2, text: string): Buffer {
    const header = Buffer.alloc(8);
    header.writeUInt8(stream);
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
}

test("what a container wrote to both of its streams is put together in order", () => {
    const raw = Buffer.concat([piece(1, "out\n"), piece(2, "é\n"), piece(1, ""), piece(1, "more")]);
    expect(demultiplexed(raw)).toBe("out\né\nmore");
});

test("nothing, and a piece that is cut off, are no error", () => {
    expect(demultiplexed(Buffer.alloc(0))).toBe("");
    expect(demultiplexed(piece(1, "whole").subarray(0, 10))).toBe("wh");
});
