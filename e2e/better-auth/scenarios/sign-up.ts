import { PASSWORD, type Scenario } from "../support/stage";

const PATH = "/sign-up/email";

/** The happy way, and what is kept of what was sent. */
export const signUp: Scenario = async (stage) => {
  const ann = stage.person("ann");
  const tab = stage.browser();
  await stage.step("a new address", () => tab.client.signUp.email(ann));
  await stage.step("is signed in", () => tab.client.getSession());
  await stage.step("the same address", () => stage.browser().client.signUp.email(ann));
  await stage.step("the same address in capitals", () =>
    stage.browser().client.signUp.email({ ...ann, email: ann.email.toUpperCase() }),
  );
  await stage.step("while signed in as another", () =>
    tab.client.signUp.email(stage.person("bob")),
  );
  await stage.step("and is that other now", () => tab.client.getSession());

  const cases: Record<string, object> = {
    "an address in capitals": { email: "CAPITALS.SIGN-UP@EXAMPLE.COM" },
    "an empty name": { name: "" },
    "a name of blanks": { name: "   " },
    "a name with blanks around": { name: "  Ann  " },
    "a name in Chinese": { name: "安娜" },
    "a name with emoji and marks": { name: "Zoë 👩‍👩‍👧 \u202ex" },
    "a name with markup": { name: "<script>alert(1)</script>" },
    "a name of 255": { name: "n".repeat(255) },
    "an image": { image: "https://example.com/ann.png" },
    "an empty image": { image: "" },
    "an image that is none": { image: "not an address" },
    "remember me": { rememberMe: true },
    "do not remember me": { rememberMe: false },
    "a callback": { callbackURL: "/welcome" },
    "keys nobody asked for": { role: "admin", emailVerified: true, id: "mine", createdAt: 0 },
    "a password of 8": { password: "ouvnqx7a" },
    "a password of 128": { password: "Ab3 ".repeat(32) },
    "a password in Greek": { password: "καλημέρα κόσμε" },
    "a password of emoji": { password: "🐎🔋📎🌵🪁🧲🐙🫖🦴" },
    "a password that repeats itself": { password: "🐎🔋📎🐎🔋📎🐎🔋📎" },
    "a password of blanks and letters": { password: "  x y z  w  " },
  };
  for (const [name, fields] of Object.entries(cases)) {
    const person = stage.person(name.replaceAll(" ", "-"));
    await stage.step(name, () =>
      stage.browser().client.signUp.email({ ...person, name: "Ann", ...fields }),
    );
  }
};

/** What is refused, and in which words. */
export const signUpRefused: Scenario = async (stage) => {
  const { name, password } = stage.person("ann");
  let number = 0;
  /** What one step lets in by mistake is not in the way of the next. */
  const email = (): string => stage.person(`ann-${++number}`).email;
  const bodies: Record<string, unknown> = {
    "nothing in it": {},
    "no address": { name, password },
    "no name": { email: email(), password },
    "no password": { email: email(), name },
    "a name that is null": { email: email(), name: null, password },
    "a name that is a number": { email: email(), name: 5, password },
    "an address that is a number": { email: 5, name, password },
    "an address that is a list": { email: [email()], name, password },
    "a password that is a number": { email: email(), name, password: 12345678 },
    "a password that is null": { email: email(), name, password: null },
    "a password that is an object": { email: email(), name, password: { $ne: "" } },
    "an image that is a number": { email: email(), name, password, image: 5 },
    "an image that is null": { email: email(), name, password, image: null },
    "a callback that is a number": { email: email(), name, password, callbackURL: 5 },
    "remember me as text": { email: email(), name, password, rememberMe: "false" },
    "remember me as null": { email: email(), name, password, rememberMe: null },
    "several faults": { email: 1, name: 2, password: 3, image: 4, rememberMe: 5 },
    "an address without at": { email: "ann", name, password },
    "an address without a dot": { email: "ann@localhost", name, password },
    "an address of 300": { email: `${"a".repeat(289)}@example.com`, name, password },
    "an empty address": { email: "", name, password },
    "an address with blanks around": { email: ` ${email()} `, name, password },
    "an address with a quoted part": { email: '"a b"@example.com', name, password },
    "an address in an unknown script": { email: "añn@exämple.com", name, password },
    "two addresses": { email: "ann@example.com,bob@example.com", name, password },
    "an empty password": { email: email(), name, password: "" },
    "a password of 7": { email: email(), name, password: "ouvnqx7" },
    "a password of 7 and wide": { email: email(), name, password: "🐎🔋📎🐎🔋📎🐎" },
    "a password of 129": { email: email(), name, password: "x".repeat(129) },
    "a password of 5000": { email: email(), name, password: "x".repeat(5000) },
    "a common password": { email: email(), name, password: "password123" },
    "a password with the address in it": {
      email: "eve.holt@example.com",
      name,
      password: "my eve.holt words",
    },
    "a list": [email(), name, password],
    "null": null,
    "a text": "email",
    "a number": 5,
  };
  for (const [kind, json] of Object.entries(bodies)) {
    await stage.step(kind, () => stage.browser().post(PATH, { json }));
  }
  const form = new URLSearchParams({ name, email: email(), password: PASSWORD });
  const type = "application/x-www-form-urlencoded";
  await stage.step("a form", () => stage.browser().post(PATH, { text: form.toString(), type }));
  await stage.step("a form without a name", () =>
    stage.browser().post(PATH, { text: "email=ann%40example.com&password=three+words", type }),
  );
};
