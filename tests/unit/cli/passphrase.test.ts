import { passphraseRemedy } from "../../../cli/passphrase.ts";

const LOCAL = "file:///home/ann/shop/infra/.drydock/state?metadata=skip";

test.each([
    [{ PULUMI_CONFIG_PASSPHRASE: "x" }, "PULUMI_CONFIG_PASSPHRASE is for another stack: unset it."],
    [{ PULUMI_CONFIG_PASSPHRASE_FILE: "x" }, "PULUMI_CONFIG_PASSPHRASE_FILE is for another stack: unset it."],
])("a wrong passphrase of a state beside the program, %j", (environment, remedy) => {
    expect(passphraseRemedy({ PULUMI_BACKEND_URL: LOCAL, ...environment })).toContain(remedy);
});

test("a wrong passphrase of a state elsewhere", () => {
    expect(passphraseRemedy({ PULUMI_BACKEND_URL: "s3://state", PULUMI_CONFIG_PASSPHRASE: "x" })).toContain(
        "Set PULUMI_CONFIG_PASSPHRASE to the passphrase of the stack",
    );
});
