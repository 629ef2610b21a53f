import crypto, { type BinaryLike } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

/**
 * Components hash passwords and variables with scrypt, which is slow on purpose: a sixth of the time of the unit tests. Uses the
 * lowest cost, with which a hash still depends on all that is hashed.
 */
const { scryptSync } = crypto;

crypto.scryptSync = (password: BinaryLike, salt: BinaryLike, length: number) =>
    scryptSync(password, salt, length, { cost: 2 });
syncBuiltinESMExports();
