/** A lint rule: what a module runs on being loaded (`await runCommand(…)`) comes after all that it may use. A function
 * below can be called from there, but a `const`, `let` or `class` below cannot be used before the call has ended:
 * "Cannot access 'x' before initialization", and only where the run gets that far. */
const plugin: Deno.lint.Plugin = {
  name: "graves",
  rules: {
    "definitions-first": {
      create: (context) => ({
        Program({ body }) {
          const at = body.findIndex((statement) =>
            statement.type === "ExpressionStatement" && statement.expression.type === "AwaitExpression"
          );
          if (at < 0) return;
          const text = (node: Deno.lint.Node) => context.sourceCode.getText(node);
          const reachable = body.filter((statement, k) =>
            k === at || inner(statement).type === "FunctionDeclaration"
          ).map(text).join("\n");
          for (const statement of body.slice(at + 1)) {
            for (const name of namesOf(inner(statement), text)) {
              if (!new RegExp(`(?<![\\w$.])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(reachable)) {
                continue;
              }
              context.report({
                node: statement,
                message:
                  `'${name}' is defined below the top-level await that may use it before it is initialized.`,
                hint: "Move the await to the end of the module.",
              });
            }
          }
        },
      }),
    },
  },
};

export default plugin;

/** What an `export` exports. */
function inner(statement: Deno.lint.Statement | Deno.lint.Node): Deno.lint.Node {
  return statement.type === "ExportNamedDeclaration" && statement.declaration
    ? statement.declaration
    : statement as Deno.lint.Node;
}

/** The names that a statement defines and that do not exist before it has run. */
function namesOf(node: Deno.lint.Node, text: (node: Deno.lint.Node) => string): string[] {
  if (node.type === "ClassDeclaration") return node.id ? [node.id.name] : [];
  if (node.type !== "VariableDeclaration" || node.kind === "var") return [];
  return node.declarations.flatMap(({ id }) =>
    id.type === "Identifier" ? [id.name] : text(id).match(/[\p{L}_$][\w$]*/gu) ?? []
  );
}
