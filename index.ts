import * as pulumi from "@pulumi/pulumi";
import { stacks } from "./stacks/index.ts";

/** Runs the environment that the `program` setting names. */
export default () => {
    const name = new pulumi.Config().require("program");
    const stack = stacks[name];
    if (!stack) {
        const known = Object.keys(stacks).join(", ");
        throw new pulumi.RunError(`program: there is no stack ${name} in stacks/; use one of ${known}`);
    }
    return stack();
};
