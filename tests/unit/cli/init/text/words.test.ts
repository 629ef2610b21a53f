import { shellCommand, splitWords } from "../../../../../cli/init/text/words.ts";

test.each([
    ["bin/rails server", ["bin/rails", "server"]],
    [`sh -c 'a "b" c'`, ["sh", "-c", 'a "b" c']],
    [`a "b c" d\\ e ''`, ["a", "b c", "d e", ""]],
    [`a "x\\"y\\n"`, ["a", 'x"y\\n']],
    ["a ${B:-c d} $E", ["a", "${B:-c d}", "$E"]],
    [" a\n b ", ["a", "b"]],
])("the command %j is split into words", (command, words) => {
    expect(splitWords(command)).toEqual(words);
});

test.each([
    ["bundle exec puma -C config/puma.rb", ["bundle", "exec", "puma", "-C", "config/puma.rb"]],
    ["bin/rails s -p $PORT", ["sh", "-c", "bin/rails s -p $PORT"]],
    ["a && b", ["sh", "-c", "a && b"]],
    ["QUEUE=x rake work", ["sh", "-c", "QUEUE=x rake work"]],
    ["echo 'a && b'", ["echo", "a && b"]],
])("the line %j of a Procfile has a shell if it needs one", (line, command) => {
    expect(shellCommand(line)).toEqual(command);
});
