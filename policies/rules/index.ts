import { healthCheck, memoryLimit, notRoot, readOnlyRoot, restarts } from "./container-options.ts";
import { dataProtected } from "./data-protection.ts";
import { noDockerSocket, notPrivileged } from "./host-access.ts";
import { imageHasTag } from "./image-tag.ts";
import { noPasswordVariable, noPlaintextPassword } from "./passwords.ts";
import { databaseNotPublished } from "./published-databases.ts";
import type { Rule } from "./rule.ts";

/** All policies of the pack. */
export const rules: Rule[] = [
    databaseNotPublished,
    notPrivileged,
    noDockerSocket,
    imageHasTag,
    noPlaintextPassword,
    dataProtected,
    noPasswordVariable,
    healthCheck,
    memoryLimit,
    restarts,
    notRoot,
    readOnlyRoot,
];
