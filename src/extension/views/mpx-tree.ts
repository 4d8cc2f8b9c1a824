/** The view "MPX" of the debug side bar. */
import * as vscode from 'vscode';
import type { MpxStates } from './mpx-state.ts';
import { type TreeNode, treeOf } from './mpx-tree-model.ts';

export const TREE_VIEW = 'mpx-debug.state';

export class MpxTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<TreeNode>;
  private readonly disposables: vscode.Disposable;

  constructor(private readonly states: MpxStates) {
    this.view = vscode.window.createTreeView(TREE_VIEW, { treeDataProvider: this, showCollapseAll: true });
    this.disposables = vscode.Disposable.from(
      this.changed,
      this.view,
      states.onDidChange(() => this.update()),
    );
  }

  private update(): void {
    const { state, running } = this.states;
    this.view.message = state && running ? vscode.l10n.t('The program is running; shown is the last stop.') : undefined;
    const total = state?.findings.total ?? 0;
    this.view.badge = total
      ? { value: total, tooltip: total === 1 ? vscode.l10n.t('1 finding') : vscode.l10n.t('{0} findings', total) }
      : undefined;
    if (!running) this.changed.fire();
  }

  getChildren(node?: TreeNode): TreeNode[] {
    return node ? (node.children ?? []) : treeOf(this.states.state, vscode.l10n.t);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(node.label, !node.children?.length ? None : node.collapsed ? Collapsed : Expanded);
    item.id = node.id;
    item.description = node.description;
    // Plain text: what it says comes from the program.
    item.tooltip = node.tooltip;
    item.iconPath = new vscode.ThemeIcon(node.icon, node.color ? new vscode.ThemeColor(node.color) : undefined);
    item.contextValue = node.kind;
    if (node.source)
      item.command = {
        command: 'mpx-debug.openSource',
        title: vscode.l10n.t('Go to Source'),
        arguments: [node.source.path, node.source.line],
      };
    return item;
  }

  dispose(): void {
    this.disposables.dispose();
  }
}
