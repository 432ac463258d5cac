import { PASSWORD, type Scenario } from "../support/stage";

const PATH = "/sign-in/email";
const GREEK = "τρεις άσχετες λέξεις που κανείς δεν μαντεύει και μια μικρή γάτα στη στέγη";
const FORM = "application/x-www-form-urlencoded";

export const signIn: Scenario = async (stage) => {
  const { name, email, password } = stage.person("ann");
  await stage.step("sign up", () => stage.browser().client.signUp.email({ name, email, password }));
  const tab = stage.browser();
  await stage.step("the right password", () => tab.client.signIn.email({ email, password }));
  await stage.step("is signed in", () => tab.client.getSession());
  await stage.step("again, while signed in", () => tab.client.signIn.email({ email, password }));
  await stage.step("with a wrong password, while signed in", () =>
    tab.client.signIn.email({ email, password: "three other words" }),
  );
  await stage.step("and is signed in still", () => tab.client.getSession());

  const cases: Record<string, object> = {
    "the address in capitals": { email: email.toUpperCase() },
    "the address with blanks around": { email: ` ${email} ` },
    "a wrong password": { password: "three other words" },
    "the password in capitals": { password: password.toUpperCase() },
    "the password with a blank behind": { password: `${password} ` },
    "an empty password": { password: "" },
    "an unknown address": { email: "nobody@example.com" },
    "no address at all": { email: "ann" },
    "an empty address": { email: "" },
    "a password of 129": { password: "x".repeat(129) },
    "remember me": { rememberMe: true },
    "do not remember me": { rememberMe: false },
    "a key nobody asked for": { role: "admin" },
  };
  for (const [kind, fields] of Object.entries(cases)) {
    await stage.step(kind, () =>
      stage.browser().client.signIn.email({ email, password, ...fields }),
    );
  }

  const bodies: Record<string, unknown> = {
    "nothing in it": {},
    "no address in it": { password },
    "no password in it": { email },
    "a password that is a number": { email, password: 12345678 },
    "an address that is null": { email: null, password },
    "remember me as text": { email, password, rememberMe: "true" },
    "a callback that is a number": { email, password, callbackURL: 5 },
    "a list": [],
    "null": null,
  };
  for (const [kind, json] of Object.entries(bodies)) {
    await stage.step(kind, () => stage.browser().post(PATH, { json }));
  }
};

export const forms: Scenario = async (stage) => {
  const { name, email, password } = stage.person("ann");
  await stage.step("sign up", () => stage.browser().client.signUp.email({ name, email, password }));
  const texts: Record<string, string> = {
    "right": `email=${encodeURIComponent(email)}&password=${encodeURIComponent(password)}`,
    "with plus for blanks": `email=${email}&password=${password.replaceAll(" ", "+")}`,
    "with a wrong password": `email=${email}&password=wrong+words+here`,
    "with no password": `email=${email}`,
    "with two addresses": `email=${email}&email=${email}&password=${password}`,
    "that is empty": "",
    "with a callback": `email=${email}&password=${password}&callbackURL=%2Fdash`,
    "with remember me": `email=${email}&password=${password}&rememberMe=false`,
  };
  for (const [kind, text] of Object.entries(texts)) {
    await stage.step(`a form ${kind}`, () => stage.browser().post(PATH, { text, type: FORM }));
  }
  await stage.step("a form with a charset", () =>
    stage.browser().post(PATH, { text: texts["right"] ?? "", type: `${FORM}; charset=utf-8` }),
  );
  await stage.step("of a page that navigates there", () =>
    stage.browser().post(PATH, {
      text: texts["right"] ?? "",
      type: FORM,
      headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    }),
  );
};

export const passwords: Scenario = async (stage) => {
  const kinds: Record<string, [atSignUp: string, atSignIn: string]> = {
    "composed and decomposed": ["caff\u00e8 lungo e dolce", "caffe\u0300 lungo e dolce"],
    "with a wide and a narrow letter": ["\uff57ide letters here", "wide letters here"],
    "of 128 and then one less": [`${"Ab3 ".repeat(31)}Ab3x`, `${"Ab3 ".repeat(31)}Ab3`],
    "with a zero in it": ["three\u0000unrelated words", "three\u0000unrelated words"],
    "of 200 bytes": [GREEK, GREEK],
  };
  for (const [kind, [atSignUp, atSignIn]] of Object.entries(kinds)) {
    const { name, email } = stage.person(kind.replaceAll(" ", "-"));
    await stage.step(`${kind}: sign up`, () =>
      stage.browser().client.signUp.email({ name, email, password: atSignUp }),
    );
    await stage.step(`${kind}: sign in`, () =>
      stage.browser().client.signIn.email({ email, password: atSignIn }),
    );
  }
};

export const addresses: Scenario = async (stage) => {
  const kinds: Record<string, [atSignUp: string, atSignIn: string]> = {
    "plus": ["plus+tag@example.com", "plus@example.com"],
    "dots": ["do.ts@example.com", "dots@example.com"],
    "capitals": ["Mixed.Case@Example.COM", "mixed.case@example.com"],
    "a long domain": [`long@${"d".repeat(60)}.example.com`, `long@${"D".repeat(60)}.example.com`],
    "an apostrophe": ["o'neill@example.com", "O'NEILL@example.com"],
    "an underscore": ["_under_score_@example.com", "_under_score_@example.com"],
    "a punycode domain": ["puny@xn--exmple-cua.com", "puny@xn--exmple-cua.com"],
  };
  for (const [kind, [atSignUp, atSignIn]] of Object.entries(kinds)) {
    await stage.step(`${kind}: sign up`, () =>
      stage.browser().client.signUp.email({ name: "Ann", email: atSignUp, password: PASSWORD }),
    );
    await stage.step(`${kind}: sign in`, () =>
      stage.browser().client.signIn.email({ email: atSignIn, password: PASSWORD }),
    );
  }
};
