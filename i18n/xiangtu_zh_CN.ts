<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1">
<context>
    <name>Xiangtu</name>
    <message>
        <source>New…</source>
        <translation>新建…</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>打开…</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>最近</translation>
    </message>
    <message>
        <source>Open a county file</source>
        <translation>打开县级数据库</translation>
    </message>
    <message>
        <source>County file (*.sqlite)</source>
        <translation>县级数据库 (*.sqlite)</translation>
    </message>
    <message>
        <source>{path} is made, with its key {key} beside it.</source>
        <translation>已新建 {path}，密钥 {key} 在其旁边。</translation>
    </message>
    <message>
        <source>New county file</source>
        <translation>新建县级数据库</translation>
    </message>
    <message>
        <source>None yet</source>
        <translation>暂无</translation>
    </message>
    <message>
        <source>Reading {name}</source>
        <translation>读取 {name}</translation>
    </message>
    <message>
        <source>CRS</source>
        <translation>坐标系</translation>
    </message>
    <message>
        <source>Tablets</source>
        <translation>平板</translation>
    </message>
    <message>
        <source>Waits for you</source>
        <translation>待您处理</translation>
    </message>
    <message>
        <source>Conflicts</source>
        <translation>冲突</translation>
    </message>
    <message>
        <source>Possible duplicates</source>
        <translation>疑似重复</translation>
    </message>
    <message>
        <source>Records held back</source>
        <translation>暂存的记录</translation>
    </message>
    <message>
        <source>Packages waiting for an earlier one</source>
        <translation>等待前一包的成果包</translation>
    </message>
    <message>
        <source>Packages refused</source>
        <translation>被拒收的成果包</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Open findings</source>
        <translation>未处理的检查结果</translation>
    </message>
    <message>
        <source>Records</source>
        <translation>记录</translation>
    </message>
    <message>
        <source>Last batches</source>
        <translation>最近批次</translation>
    </message>
    <message>
        <source>{path} is the file of a tablet. Open a county file.</source>
        <translation>{path} 是平板的文件，请打开县级数据库。</translation>
    </message>
    <message>
        <source>Cancelled; nothing was changed.</source>
        <translation>已取消，未作任何改动。</translation>
    </message>
    <message>
        <source>Xiangtu</source>
        <translation>乡图</translation>
    </message>
    <message>
        <source>{name}: {found} is there, {needed} or later is needed</source>
        <translation>{name}：现有 {found}，需要 {needed} 或更新版本</translation>
    </message>
    <message>
        <source>{name} {needed} or later: not there</source>
        <translation>{name}：缺少，需要 {needed} 或更新版本</translation>
    </message>
    <message>
        <source>In the OSGeo4W Shell that came with QGIS, type:</source>
        <translation>在随 QGIS 安装的 OSGeo4W Shell 中键入：</translation>
    </message>
    <message>
        <source>In a terminal, type:</source>
        <translation>在终端中键入：</translation>
    </message>
    <message>
        <source>QGIS&apos;s Python lacks what Xiangtu stands on:</source>
        <translation>QGIS 的 Python 缺少乡图所依赖的软件包：</translation>
    </message>
    <message>
        <source>Then start QGIS again.</source>
        <translation>然后重新启动 QGIS。</translation>
    </message>
    <message>
        <source>Outlines</source>
        <translation>界线文件</translation>
    </message>
    <message>
        <source>County file</source>
        <translation>县级数据库</translation>
    </message>
    <message>
        <source>Code, six digits (GB/T 2260)</source>
        <translation>六位代码（GB/T 2260）</translation>
    </message>
    <message>
        <source>Name of the county</source>
        <translation>县名</translation>
    </message>
    <message>
        <source>A longitude in the county</source>
        <translation>县内任一经度</translation>
    </message>
    <message>
        <source>Outlines of its villages (may come later)</source>
        <translation>村界文件（可以后再导入）</translation>
    </message>
    <message>
        <source>No CGCS2000 zone there</source>
        <translation>此处没有 CGCS2000 分带</translation>
    </message>
    <message>
        <source>Open a county file, or make a new one, at the step County.</source>
        <translation>请先在“县库”一步打开或新建县级数据库。</translation>
    </message>
    <message>
        <source>County</source>
        <translation>县库</translation>
    </message>
    <message>
        <source>Open or make a county file, take data in, see how it stands</source>
        <translation>打开或新建县级数据库，导入数据，查看总体情况</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Warnings</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>import</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>merge</source>
        <translation>合并</translation>
    </message>
    <message>
        <source>decision</source>
        <translation>裁定</translation>
    </message>
    <message>
        <source>undoing</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Show or hide the panel of Xiangtu</source>
        <translation>显示或隐藏乡图面板</translation>
    </message>
    <message>
        <source>Hand out</source>
        <translation>下发</translation>
    </message>
    <message>
        <source>Tablet</source>
        <translation>平板</translation>
    </message>
    <message>
        <source>What comes back</source>
        <translation>收件与合并</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>成果</translation>
    </message>
    <message>
        <source>The same as the command {command}.</source>
        <translation>与命令 {command} 相同。</translation>
    </message>
    <message>
        <source>What was done (JSON)</source>
        <translation>执行结果（JSON）</translation>
    </message>
    <message>
        <source>Something waits for a person</source>
        <translation>有事项待人处理</translation>
    </message>
    <message>
        <source>Folder of the tablet</source>
        <translation>平板目录</translation>
    </message>
    <message>
        <source>Folder to write into</source>
        <translation>输出目录</translation>
    </message>
    <message>
        <source>File to write</source>
        <translation>输出文件</translation>
    </message>
    <message>
        <source>Assignment to write</source>
        <translation>输出的任务包</translation>
    </message>
    <message>
        <source>Survey package to write</source>
        <translation>输出的成果包</translation>
    </message>
    <message>
        <source>Assignment</source>
        <translation>任务包</translation>
    </message>
    <message>
        <source>Receipt</source>
        <translation>回执</translation>
    </message>
    <message>
        <source>Survey package</source>
        <translation>成果包</translation>
    </message>
    <message>
        <source>Device card of the tablet</source>
        <translation>平板的设备卡</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>图层</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>批次</translation>
    </message>
    <message>
        <source>Record (uuid)</source>
        <translation>记录（uuid）</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Tablet (its id or name)</source>
        <translation>平板（编号或名称）</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>ID in the list</source>
        <translation>列表中的编号</translation>
    </message>
    <message>
        <source>Xiangtu rural survey</source>
        <translation>乡图乡村调查</translation>
    </message>
    <message>
        <source>The list as a layer</source>
        <translation>把列表输出为图层</translation>
    </message>
    <message>
        <source>undone</source>
        <translation>已撤销</translation>
    </message>
    <message>
        <source>The secret key is made beside the file. Keep a copy of it apart.</source>
        <translation>密钥生成在数据库旁边，请另存一份。</translation>
    </message>
    <message>
        <source>Without it no package can be opened.</source>
        <translation>没有它，任何成果包都打不开。</translation>
    </message>
</context>
</TS>
