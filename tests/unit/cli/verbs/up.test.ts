import { upCommand } from "../../../../cli/verbs/up.ts";

test("--accept-data-loss of `drydock up` collects components, and has no default", () => {
    const command = upCommand();
    expect(command.helpInformation()).not.toContain("(default: [])");
    expect(command.opts()).not.toHaveProperty("acceptDataLoss");
    command.parseOptions(["--accept-data-loss", "db", "--accept-data-loss", "cache"]);
    expect(command.opts()).toMatchObject({ acceptDataLoss: ["db", "cache"] });
});
