import { passphraseRemedy } from "../../../cli/passphrase.ts";

const LOCAL = "file:///home/ann/shop/infra/.drydock/state?metadata=skip";

test.each([
    [{ PULUMI_CONFIG_PASSPHRASE: "x" }, "PULUMI_CONFIG_PASSPHRASE is for another stack: unset it."],
    [{ PULUMI_CONFIG_PASSPHRASE_FILE: "x" }, "PULUMI_CONFIG_PASSPHRASE_FILE is for another stack: unset it."],
])(
    "the remedy for a wrong passphrase of a local state is to unset the variable: %j",
    (environment, remedy) => {
        expect(passphraseRemedy({ PULUMI_BACKEND_URL: LOCAL, ...environment })).toContain(remedy);
    },
);

test("the remedy for a wrong passphrase of a remote state is to set it", () => {
    expect(passphraseRemedy({ PULUMI_BACKEND_URL: "s3://state", PULUMI_CONFIG_PASSPHRASE: "x" })).toContain(
        "Set PULUMI_CONFIG_PASSPHRASE to the passphrase of the stack",
    );
});
