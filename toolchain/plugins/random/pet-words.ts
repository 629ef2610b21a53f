/** The words of pet names. */
export const ADVERBS = words(`
    always barely boldly brightly calmly clearly daily deeply eagerly easily fairly firmly fondly gently gladly happily
    hugely keenly kindly lately lightly loudly mildly mostly neatly nicely nobly often openly plainly proudly purely
    quickly quietly rarely really simply slowly smoothly softly surely swiftly truly vastly warmly widely wildly wisely`);

export const ADJECTIVES = words(`
    able agile alert amber awake bold brave breezy bright brisk bronze busy calm candid careful cheerful civil clean
    clever cosmic cosy crisp curious daring deep dizzy eager early easy elegant fair famous fancy fast fearless fine
    firm fluffy frank free fresh friendly gentle glad golden good graceful grand happy hardy helpful honest humble
    jolly joyful keen kind large light lively loyal lucky merry mighty mild modest neat nimble noble open patient
    playful polite proud quick quiet rapid ready rosy round safe serene sharp shiny silent silver sincere smart smooth
    snowy soft solid speedy spry steady strong sunny sure swift tall tender thrifty tidy tough true trusty upbeat
    velvet vivid warm wild wise witty young zesty`);

export const NAMES = words(`
    albatross alpaca antelope badger bear beaver bee bison boar buffalo camel cat cheetah chipmunk cobra condor cougar
    coyote crab crane cricket crow deer dingo dog dolphin donkey dove duck eagle eel egret elephant elk emu falcon
    ferret finch fish flamingo fox frog gazelle gecko gibbon giraffe goat goose gorilla grouse gull hamster hare hawk
    hedgehog heron hippo hornet horse ibex ibis iguana impala jackal jaguar jay kangaroo kestrel kiwi koala kudu lark
    lemming lemur leopard lion lizard llama lobster lynx macaw magpie mallard marmot marten meerkat mole mongoose moose
    moth mouse mule narwhal newt ocelot octopus okapi orca oryx osprey otter owl ox oyster panda panther parrot
    peacock pelican penguin pheasant pigeon pony puffin puma quail rabbit raccoon ram raven reindeer rhino robin rook
    salmon seal shark sheep shrew shrimp skunk sloth snail snake sparrow spider squid squirrel starling stork swallow
    swan tapir tern tiger toad tortoise toucan trout tuna turtle viper vole vulture wallaby walrus wasp weasel whale
    wolf wombat woodpecker wren yak zebra`);

function words(text: string): readonly string[] {
    return text.trim().split(/\s+/);
}
