"use client";

import { type ComponentProps, type ReactNode, useState } from "react";

interface Props extends Omit<ComponentProps<"input">, "id" | "name"> {
  /** Its id, and the name under which it is sent. */
  name: string;
  label: string;
  hint?: string | undefined;
  /** What is wrong with it. */
  problems?: readonly string[] | undefined;
  /** Stands beside the input, like a button. */
  beside?: ReactNode;
}

/** A field with its label, hint and problems, which belong together for all senses. */
export function Input({ name, label, hint, problems = [], beside, type, ...rest }: Props) {
  const isWrong = problems.length > 0;
  const described = [hint && `${name}-hint`, isWrong && `${name}-error`].filter(Boolean).join(" ");
  const input = {
    ...rest,
    id: name,
    name,
    "aria-invalid": isWrong || undefined,
    "aria-describedby": described || undefined,
  };
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {hint && (
        <p className="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {isWrong && (
        <p className="problem" id={`${name}-error`}>
          {problems.join(" ")}
        </p>
      )}
      {type === "password" ? (
        <Password {...input} />
      ) : (
        <div className="row">
          <input {...input} type={type} />
          {beside}
        </div>
      )}
    </div>
  );
}

/** It can be looked at before it is sent; without script it stays hidden. */
function Password(props: ComponentProps<"input">) {
  const [isShown, setShown] = useState(false);
  return (
    <div className="reveal">
      <input
        {...props}
        type={isShown ? "text" : "password"}
        autoCapitalize="none"
        spellCheck={false}
      />
      <button
        type="button"
        className="script-only"
        aria-controls={props.id}
        aria-label={isShown ? "Hide password" : "Show password"}
        onClick={() => setShown(!isShown)}
      >
        {isShown ? "Hide" : "Show"}
      </button>
    </div>
  );
}
