import type { AnyNode, Pattern, Program } from 'acorn';

/** A name that is read or written, as it stands in the text. */
export type Reference = {
  readonly name: string;
  readonly start: number;
  /** Nothing in the text declares it. */
  readonly isFree: boolean;
  /** A function changes what the module declares. */
  readonly changesModule: boolean;
};

type Scope = { readonly names: Set<string>; readonly outer: Scope | undefined; readonly functions: number };
type Tree = { readonly [key: string]: unknown } & { readonly type: string; readonly start: number };

/** All names that a module uses, each with whether the module declares it. Strict mode, so functions in blocks belong to their block. */
export const referencesIn = (program: Program): readonly Reference[] => {
  const found: Reference[] = [];
  const scopeOf = (outer: Scope | undefined, names: Iterable<string>, isFunction = false): Scope => ({
    names: new Set(names),
    outer,
    functions: (outer?.functions ?? 0) + (isFunction ? 1 : 0),
  });
  const declaring = (name: string, scope: Scope): Scope | undefined => {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) if (at.names.has(name)) return at;
    return undefined;
  };
  const refer = (name: string, start: number, scope: Scope, writes: boolean): void => {
    const declared = declaring(name, scope);
    const isModules = declared !== undefined && declared.outer === undefined;
    found.push({ name, start, isFree: declared === undefined, changesModule: writes && isModules && scope.functions > 0 });
  };
  const all = (nodes: unknown, scope: Scope): void => {
    for (const node of [nodes].flat()) if (isNode(node)) visit(node, scope);
  };
  const visit = (node: Tree, scope: Scope): void => {
    switch (node.type) {
      case 'Identifier':
        refer(String(node.name), node.start, scope, false);
        return;
      case 'AssignmentExpression':
      case 'UpdateExpression':
      case 'ForInStatement':
      case 'ForOfStatement': {
        const target = (node.left ?? node.argument) as Tree;
        for (const name of target.type === 'VariableDeclaration' ? [] : namesOf(target as unknown as Pattern))
          refer(name, target.start, scope, true);
        inBlock(node, scope);
        return;
      }
      case 'MemberExpression':
        all(node.object, scope);
        if (node.computed === true) all(node.property, scope);
        return;
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        if (node.computed === true) all(node.key, scope);
        all(node.value, scope);
        return;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        const own = node.type === 'FunctionExpression' && isNode(node.id) ? [String(node.id.name)] : [];
        const params = (node.params as readonly Pattern[]).flatMap(namesOf);
        const inner = scopeOf(
          scope,
          [...own, 'arguments', ...params, ...hoisted(node.body as Tree), ...declaredBy(bodyOf(node.body as Tree))],
          true,
        );
        all(node.params, inner);
        all(isNode(node.body) && node.body.type === 'BlockStatement' ? node.body.body : node.body, inner);
        return;
      }
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const inner = scopeOf(scope, isNode(node.id) ? [String(node.id.name)] : []);
        all(node.superClass, scope);
        all((node.body as Tree).body, inner);
        return;
      }
      case 'CatchClause': {
        const inner = scopeOf(scope, node.param == null ? [] : namesOf(node.param as Pattern));
        all(node.body, inner);
        return;
      }
      case 'ImportDeclaration':
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
        return;
      case 'LabeledStatement':
        all(node.body, scope);
        return;
      case 'ExportSpecifier':
        all(node.local, scope);
        return;
      default:
        inBlock(node, scope);
        return;
    }
  };
  const inBlock = (node: Tree, scope: Scope): void => {
    const names = declaredBy(statementsOf(node));
    const inner = names.length === 0 ? scope : scopeOf(scope, names);
    for (const [key, value] of Object.entries(node)) if (key !== 'type') all(value, inner);
  };
  const top = program as unknown as Tree;
  const module = scopeOf(undefined, [...hoisted(top), ...declaredBy(program.body as unknown as readonly Tree[]), ...importedBy(program)]);
  all(program.body, module);
  return found;
};

const isNode = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

const bodyOf = (body: Tree): readonly Tree[] => (body.type === 'BlockStatement' ? (body.body as readonly Tree[]) : []);

/** The statements whose `let`, `const`, `class` and functions belong to this node. */
const statementsOf = (node: Tree): readonly Tree[] => {
  if (node.type === 'BlockStatement' || node.type === 'StaticBlock') return node.body as readonly Tree[];
  if (node.type === 'SwitchStatement') return (node.cases as readonly Tree[]).flatMap(({ consequent }) => consequent as readonly Tree[]);
  if (node.type === 'ForStatement') return isNode(node.init) ? [node.init] : [];
  if (node.type === 'ForInStatement' || node.type === 'ForOfStatement') return [node.left as Tree];
  return [];
};

const declaredBy = (statements: readonly Tree[]): readonly string[] =>
  statements.flatMap((statement): readonly string[] => {
    const inner = statement.type.startsWith('Export') && isNode(statement.declaration) ? statement.declaration : statement;
    if (inner.type === 'FunctionDeclaration' || inner.type === 'ClassDeclaration') return isNode(inner.id) ? [String(inner.id.name)] : [];
    return inner.type === 'VariableDeclaration' ? (inner.declarations as readonly { id: Pattern }[]).flatMap(({ id }) => namesOf(id)) : [];
  });

/** `var`s of a function, wherever in it they stand; those of functions inside it are theirs. */
const hoisted = (node: unknown): readonly string[] => {
  if (Array.isArray(node)) return node.flatMap(hoisted);
  if (!isNode(node)) return [];
  if (/Function|^Class/.test(node.type)) return [];
  const own = node.type === 'VariableDeclaration' && node.kind === 'var' ? declaredBy([node]) : [];
  return [...own, ...Object.values(node).flatMap(hoisted)];
};

const importedBy = ({ body }: Program): readonly string[] =>
  body.flatMap((statement) => (statement.type === 'ImportDeclaration' ? statement.specifiers.map(({ local }) => local.name) : []));

const namesOf = (pattern: Pattern | AnyNode): readonly string[] => {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((each) => namesOf(each.type === 'RestElement' ? each.argument : each.value));
    case 'ArrayPattern':
      return pattern.elements.flatMap((each) => (each === null ? [] : namesOf(each)));
    case 'RestElement':
      return namesOf(pattern.argument);
    case 'AssignmentPattern':
      return namesOf(pattern.left);
    default:
      return [];
  }
};
