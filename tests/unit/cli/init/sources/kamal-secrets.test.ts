import { parsePrintedSecrets, readKamalSecrets } from "../../../../../cli/init/sources/kamal-secrets.ts";
import { memoryFiles } from "../memory-files.ts";

describe("secrets of Kamal", () => {
    test("have their sources, and those that only other secrets use are intermediate", () => {
        const files = memoryFiles({
            ".kamal/secrets":
                "A=$(op read x)\nB=$(extract B $A)\nC=\"${C_FROM}\"\nD='plain'\nE=$(cat ../../etc/passwd)\n",
        });
        expect(
            readKamalSecrets(files).map(({ name, source, isIntermediate }) => [
                name,
                source.kind,
                isIntermediate,
            ]),
        ).toEqual([
            ["A", "command", true],
            ["B", "command", false],
            ["C", "environment", false],
            ["D", "literal", false],
            ["E", "command", false],
        ]);
    });

    test("can have several lines in the output of `kamal secrets print`", () => {
        expect(parsePrintedSecrets("A=1\n2\nB=x=y\nOTHER=z\nC=\n", ["A", "B", "C"])).toEqual({
            A: "1\n2",
            B: "x=y",
            C: "",
        });
        const pem = "-----BEGIN PRIVATE KEY-----\nA=x\nXQ==\n-----END PRIVATE KEY-----";
        expect(parsePrintedSecrets(`B=${pem}\nOTHER=z\nA=1\n`, ["A", "B"])).toEqual({ A: "1", B: pem });
    });
});
