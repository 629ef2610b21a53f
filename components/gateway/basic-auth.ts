import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { encodeBase64, hash, truncates } from "bcryptjs";
import {
    ifKnown,
    isUrlPath,
    matches,
    refuse,
    reportErrorsOn,
    required,
    type Rule,
    validate,
    validateObject,
} from "../shared/validation.ts";

/** Users who may send requests (HTTP basic authentication). */
export interface BasicAuthArgs {
    /** Password of each user, or its bcrypt hash, by user name: `{admin: config.requireSecret("adminPassword")}`.
     *  The gateway gets only hashes. */
    users: Record<string, pulumi.Input<string>>;
    /** Paths that need no password, as the application sees them: `["/up"]`. Paths below them need one. @default the path of
     *  the application's health check, unless it is `/`; none for a route of a Gateway */
    exempt?: string[];
}

/** The users that a gateway accepts. */
export interface Logins {
    /** Hashes of the passwords, by user. */
    hashes: Record<string, string>;
    exempt: string[];
}

/** Cost of a hash, as the binary logarithm of its rounds. Caddy caches the passwords that match. */
const COST = 10;
const SALT_BYTES = 16;

const EXAMPLE = '{ users: { admin: config.requireSecret("adminPassword") } }';

const isUser = matches(/^[\w.@+-]+$/, "is not a user name; use letters, digits, _, ., @, + and -");

/** Does not quote the value. bcrypt ignores everything after 72 bytes. */
const isLoginPassword: Rule = (value) =>
    typeof value === "string" && value !== "" && !/\p{Cc}/u.test(value) && !truncates(value)
        ? undefined
        : "must be a password of 1 to 72 bytes without line breaks, or its bcrypt hash";

/** @throws pulumi.InputPropertyError */
export function validateBasicAuth(basicAuth: BasicAuthArgs | undefined, at: string): void {
    validateObject(at, basicAuth, EXAMPLE);
    if (basicAuth === undefined) return;
    const { users, exempt } = basicAuth as Partial<BasicAuthArgs>;
    if (users === undefined) refuse(`${at}.users`, `required, for example ${EXAMPLE}`);
    validateObject(`${at}.users`, users, '{ admin: config.requireSecret("adminPassword") }');
    if (Object.keys(users).length === 0)
        refuse(`${at}.users`, "is empty, so nobody could log in; name a user, or leave out basicAuth");
    for (const [user, password] of Object.entries(users))
        validate({
            [`${at}.users`]: [user, isUser],
            [`${at}.users.${user}`]: [ifKnown(required(password)), isLoginPassword],
        });
    if (exempt === undefined) return;
    if (!Array.isArray(exempt)) refuse(`${at}.exempt`, 'must be a list of paths, for example ["/up"]');
    exempt.forEach((path, i) => {
        validate({ [`${at}.exempt[${i}]`]: [required(path), isUrlPath] });
    });
}

interface ProtectedRoute {
    basicAuth?: BasicAuthArgs;
}

/**
 * Returns a function that hashes the passwords of a component's routes. The hashes are secret. They are the same in every
 * update, because the state holds a random salt (`<name>-salt`).
 */
export function createHasher(
    name: string,
    routes: ProtectedRoute[],
    opts: pulumi.CustomResourceOptions,
): (route: ProtectedRoute, at: string, exempt?: string[]) => pulumi.Output<Logins> | undefined {
    if (routes.every(({ basicAuth }) => basicAuth === undefined)) return () => undefined;
    const salt = new random.RandomString(`${name}-salt`, { length: 32, special: false }, opts).result;
    return ({ basicAuth }, at, exempt = []) => {
        if (basicAuth === undefined) return undefined;
        const hashes = pulumi.all([basicAuth.users, salt]).apply(async ([users, salt]) => {
            const hashed = Object.entries(users).map(async ([user, password]) => {
                reportErrorsOn(opts.parent, () => {
                    validate({ [`${at}.basicAuth.users.${user}`]: [required(password), isLoginPassword] });
                });
                return [user, await hashPassword(password, `${salt} ${user}`)] as const;
            });
            return Object.fromEntries(await Promise.all(hashed));
        });
        return pulumi.secret(hashes.apply((hashes) => ({ hashes, exempt: basicAuth.exempt ?? exempt })));
    };
}

function hashPassword(password: string, seed: string): Promise<string> {
    if (/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(password)) return Promise.resolve(password);
    const salt = createHash("sha256").update(seed).digest().subarray(0, SALT_BYTES);
    return hash(password, `$2b$${COST}$${encodeBase64(salt, SALT_BYTES)}`);
}
