import crypto, { type BinaryLike } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

/**
 * Components hash passwords with scrypt, which is slow on purpose: a tenth of the time of the unit tests, in which all
 * generated passwords are the same. Calculates each hash once.
 */
const { scryptSync } = crypto;
const hashes = new Map<string, ReturnType<typeof scryptSync>>();

crypto.scryptSync = (...args: [BinaryLike, BinaryLike, number]) => {
    const key = JSON.stringify(args);
    const hash = hashes.get(key) ?? scryptSync(...args);
    hashes.set(key, hash);
    return hash;
};
syncBuiltinESMExports();
