import { parseErbTokens, withoutErb } from "../../../../../cli/init/text/erb.ts";
import { formatTemplate } from "../../../../../cli/init/text/template.ts";
import { YamlFile } from "../../../../../cli/init/text/yaml-file.ts";

describe("ERB", () => {
    test.each([
        [`ENV["A"]`, "${A-}"],
        [`ENV.fetch("A", "b")`, "${A-b}"],
        [`ENV.fetch('A') { 5 }`, "${A-5}"],
        [`ENV.fetch("A", nil)`, "${A-}"],
        [`ENV.fetch("A")`, "${A?}"],
        [`ENV["A"] || "b"`, "${A-b}"],
        [`ENV["A"].upcase`, `<%= ENV["A"].upcase %>`],
        ["`rm -rf /`", "<%= `rm -rf /` %>"],
        [`ENV.fetch("A", "#{system('x')}")`, `<%= ENV.fetch("A", "#{system('x')}") %>`],
    ])("<%%= %s %%> is read as %s", (code, template) => {
        const erb = withoutErb(`<%= ${code} %>`);
        expect(formatTemplate(parseErbTokens(erb.text, erb))).toBe(template);
    });

    test("keeps the line numbers of the file, and returns those of statements and expressions", () => {
        const erb = withoutErb("a: 1\n<% if x\n  y %>\n<%# note %>\nb: <%= z %>\n");
        expect(erb.statements).toEqual([{ line: 2, code: "if x\n  y" }]);
        expect(erb.lines).toEqual([5]);
        expect(new YamlFile("x.yml", erb.text, "1.1").place("b")).toEqual({ file: "x.yml", line: 5 });
    });
});
