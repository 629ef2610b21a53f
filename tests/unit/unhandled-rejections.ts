import * as pulumi from "@pulumi/pulumi";

/**
 * A program that fails rejects several promises of Pulumi's SDK, of which a test can await one. Node reports the others,
 * perhaps only while a later file runs. jest's own runner ignores all rejections; this ignores those of a failing program, also
 * in a test that awaits nothing.
 */
process.on("unhandledRejection", (reason) => {
    const isOfProgram = [pulumi.RunError, pulumi.InputPropertyError, pulumi.ResourceError].some((type) =>
        type.isInstance(reason),
    );
    if (!isOfProgram) throw reason;
});
