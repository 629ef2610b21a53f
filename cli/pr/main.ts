/**
 * Previews what a branch changes in an environment that runs its base. `make preview-pr` runs it.
 *
 * Exit codes: 0 if nothing is at risk, 1 if the preview fails or something is left over, 2 for an invalid argument or
 * if a throwaway environment would use existing data, 3 if data is at risk, 4 if a mandatory policy is violated.
 */
import { join, resolve } from "node:path";
import { previewBranch } from "./preview-branch.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const {
    BASE = "",
    HEAD = "",
    GIVEN_STACK = "",
    GIVEN_BACKEND = "",
    OUT = ".drydock/preview.md",
    DATA_LOSS_ACCEPTED = "",
} = process.env;
const stack = GIVEN_STACK === "" ? "dev" : GIVEN_STACK;

void previewBranch({
    root: ROOT,
    stack,
    policies: join(ROOT, "policies"),
    out: resolve(ROOT, OUT),
    ...(BASE !== "" && { base: BASE }),
    ...(HEAD !== "" && { head: HEAD }),
    existing: GIVEN_STACK !== "" && GIVEN_BACKEND !== "",
    dataLossAccepted: DATA_LOSS_ACCEPTED !== "",
    names: {
        base: "BASE",
        head: "HEAD",
        existingCommand: `PULUMI_BACKEND_URL=... make preview-pr STACK=${stack}`,
    },
}).then((exitCode) => {
    process.exitCode = exitCode;
});
